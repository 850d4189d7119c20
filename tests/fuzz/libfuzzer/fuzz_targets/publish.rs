#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    miniapp_rtc_fuzz::publish(bytes);
});
