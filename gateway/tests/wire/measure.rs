//! Measurements, run by hand: `cargo test -p miniapp-rtc-gateway --test wire -- --ignored --nocapture measure`.

use crate::common::{Client, Gateway};

/// Resident memory of the gateway for each client that has joined a room of eight and does nothing.
#[tokio::test]
#[ignore = "a measurement, not a test"]
async fn measure_memory_of_idle_clients() {
    const CLIENTS: usize = 2_000;
    let gateway = Gateway::start();
    let (_first, _) = Client::join(&gateway, "first", "user").await;
    let before = gateway.resident_kb();
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let (room, user) = (format!("room-{}", number / 8), format!("user-{number}"));
        clients.push(Client::join(&gateway, &room, &user).await.0);
    }
    let after = gateway.resident_kb();
    let each = (after - before) * 1024 / CLIENTS as u64;
    println!("{CLIENTS} idle clients in rooms of eight: {before} kB to {after} kB, {each} bytes each");
    assert!(each <= 20 * 1024, "more than 20 KiB for each client");
}
