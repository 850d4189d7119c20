use super::nal_units;

#[test]
fn units_are_found_between_start_codes_of_both_lengths() {
    let cases: [(&[u8], &[&[u8]]); 8] = [
        (&[], &[]),
        (&[0, 0], &[]),
        (&[0, 0, 1], &[]),
        (&[9, 9, 0, 0, 1, 0x65, 7], &[&[0x65, 7]]),
        (&[0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2], &[&[0x67, 1], &[0x68, 2]]),
        (&[0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0], &[&[0x67, 1], &[0x68, 2]]),
        (&[0, 0, 1, 0, 0, 1, 0x41, 0, 0, 3, 1], &[&[0x41, 0, 0, 3, 1]]),
        (&[0, 0, 1, 0x41, 0, 0], &[&[0x41]]),
    ];
    for (bytes, units) in cases {
        assert_eq!(nal_units(bytes), units, "{bytes:?}");
    }
}
