//! Ways to Redis other than the plain one to one server: by Sentinels, by TLS.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn when_sentinel_makes_a_replica_the_master_all_go_on_there_with_what_was_copied() {
    let mut master = Redis::start();
    let (_replica, sentinel) = (master.replica(), Sentinel::watch(&master));
    sentinel.await_replica();
    let url = sentinel.url();
    let start = |node| Node::at(&url, node, 2_000);
    let (east, west) = (start(1).await.expect("started"), start(2).await.expect("started"));
    let (mut ann, mut bea) = (east.open(), west.open());
    let of_ann = ann.join("r", "ann").await;
    bea.join("r", "bea").await;
    master.await_copy();
    master.kill();
    ann.put_out().await;
    bea.put_out().await;
    let resumed = linked(&west, &of_ann).await;
    let snapshot = &resumed["ok"]["snapshot"];
    assert_eq!(snapshot["members"][0]["user"], "bea", "what was copied is there: {resumed}");
    assert_ne!(snapshot["epoch"], of_ann["snapshot"]["epoch"], "another history");
    let mut cleo = east.open();
    let joined = cleo.join("r", "cleo").await;
    assert_eq!(joined["snapshot"]["members"].as_array().map(Vec::len), Some(2));
    alike(&[&east, &west]).await;
}

/// Resumes at a node as soon as it takes part again.
async fn linked(node: &Node, joined: &Value) -> Value {
    let until = Instant::now() + SOON;
    while !node.engine.cluster().is_some_and(|health| health.ok) {
        assert!(Instant::now() < until, "it does not take part again");
        sleep(Duration::from_millis(20)).await;
    }
    node.open().resume(joined, 2).await
}

#[cfg(feature = "tls")]
#[tokio::test(flavor = "multi_thread")]
async fn by_tls_nodes_share_rooms_and_a_server_that_nobody_vouches_for_is_refused() {
    let redis = TlsRedis::start();
    let url = redis.url();
    let start = |node| Node::by(&url, Some(redis.certificate()), node, 2_000);
    let (east, west) = (start(1).await.expect("started"), start(2).await.expect("started"));
    let (mut ann, mut bea) = (east.open(), west.open());
    ann.join("r", "ann").await;
    let joined = bea.join("r", "bea").await;
    assert_eq!(joined["snapshot"]["members"][0]["user"], "ann");
    let Err(refused) = Node::by(&url, None, 3, 2_000).await else { panic!("it trusts anybody") };
    assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused}");
    assert!(refused.to_string().contains("rediss://127.0.0.1"), "{refused}");
}
