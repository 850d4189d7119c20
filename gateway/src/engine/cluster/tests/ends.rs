//! Requests that meet the end of their node, or of all that Redis held.

use super::*;

const TRIES: usize = 6;
const CROWD: u64 = 200;

/// Waits for an answer, or the end of the socket.
async fn is_told(mailbox: &Mailbox) -> bool {
    let told = async {
        loop {
            match mailbox.take().await {
                Outgoing::Frames(frames) if frames.iter().any(|frame| frame.text().contains("\"id\":9")) => return,
                Outgoing::Frames(_) => {}
                Outgoing::Close(_) => return,
            }
        }
    };
    tokio::time::timeout(SOON, told).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_while_redis_is_lost_gets_an_answer_or_a_farewell() {
    let mut redis = Redis::start();
    let east = Node::start(&redis, 1).await;
    for number in 0..TRIES {
        let mut member = east.open();
        member.join(&format!("m{number}"), "member").await;
        tokio::task::block_in_place(|| redis.restart_empty());
        // All at the moment at which the node has put its sockets out, and begins anew.
        member.put_out().await;
        let told = futures_util::future::join_all((0..CROWD).map(|index| {
            let (east, client, place) = (&east, east.open(), place(&format!("r{number}-{index}")));
            async move {
                sleep(Duration::from_micros(20 * index)).await;
                let asked = Asked { socket: client.mailbox.socket(), id: 9, operation: None, command: join("ann") };
                // A node that is out says so at once.
                east.engine.submit(&place, Input::Ask(asked)).await.is_err() || is_told(&client.mailbox).await
            }
        }));
        let silent = told.await.iter().filter(|is_told| !**is_told).count();
        assert_eq!(silent, 0, "try {number}: so many got neither an answer nor a farewell");
    }
}
