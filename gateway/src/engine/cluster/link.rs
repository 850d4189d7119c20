//! The tasks between Redis and the slots: one appends, one follows the logs, one keeps leases, time and snapshots.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{debug, info, warn};

use super::shared::{Shared, cut_off, lock};
use super::store::{Store, StoreError, follows, read};
use crate::partition::{Item, Offset};
use crate::room::{Input, Moment, NodeId};

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long to wait before the next attempt to link, and how long at most.
const RETRY: Duration = Duration::from_millis(50);
const RETRY_AT_MOST: Duration = Duration::from_secs(1);

/// Keeps the process linked to Redis.
pub(super) async fn keep_linked(shared: Arc<Shared>, first: Store) {
    let mut link = Some(first);
    let mut pause = RETRY;
    loop {
        let result = match link.take() {
            Some(link) => Ok(link),
            None => shared.link().await,
        };
        match result {
            Ok(store) => {
                pause = RETRY;
                let Err(cause) = shared.run(store).await else { return };
                shared.is_linked.store(false, Ordering::Relaxed);
                warn!(%cause, "the link to Redis broke");
                if shared.is_leaving.load(Ordering::Acquire) {
                    return;
                }
            }
            Err(cause) => {
                warn!(%cause, "no link to Redis");
                pause = (pause * 2).min(RETRY_AT_MOST);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// Puts the process out when its lease has ended, also while nobody asks.
pub(super) async fn keep_watch(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(TICK).await;
        // What it says is for those who ask.
        let _ = shared.check_lease();
    }
}

impl Shared {
    /// Connects, and brings every slot up to its log.
    pub(super) async fn link(&self) -> Result<Store, StoreError> {
        let mut store = Store::connect(&self.settings).await?;
        for partition in 0..self.placement.partitions() {
            store.open(partition).await?;
        }
        self.renew_lease(&mut store).await?;
        let begins = self.is_out.load(Ordering::Acquire);
        for (partition, slot) in (0..).zip(&self.slots) {
            let (at, era) = {
                let slot = lock(slot);
                (slot.replica.partition().at(), slot.replica.partition().era().clone())
            };
            let is_lost = begins || !store.holds(partition, at, &era).await?;
            let loaded = if is_lost { Some(store.load(partition).await?) } else { None };
            // Under one lock: what a client asks from here on comes after `Up` in the log, or nobody would hear it.
            let mut slot = lock(slot);
            if let Some(loaded) = loaded {
                let mut deeds = slot.put_out(cut_off);
                deeds.extend(slot.replica.replace(loaded, cut_off));
                deeds.into_iter().for_each(|deed| self.perform(deed));
            }
            slot.courier.retry();
            if begins || slot.replica.partition().last_of(self.node()).is_none() {
                let up = Item::Up { policy: self.parts.policy, media: self.parts.desk.addresses() };
                // Nobody waits for it: what comes after it in the log comes after it here.
                drop(slot.submit(up));
            }
        }
        self.renew_lease(&mut store).await?;
        self.is_out.store(false, Ordering::Release);
        self.is_linked.store(true, Ordering::Relaxed);
        info!(node = %format_args!("{:016x}", self.node().0), redis = %self.settings.address, "linked to Redis");
        self.queued.notify_one();
        Ok(store)
    }

    /// Works until the link breaks.
    async fn run(&self, store: Store) -> Result<(), StoreError> {
        let (mut appending, mut following, mut keeping) = (store.share(), store.share(), store);
        tokio::select! {
            result = self.keep_appending(&mut appending) => result,
            result = self.keep_following(&mut following) => result,
            result = self.keep_house(&mut keeping) => result,
            () = self.put_out.notified() => Err(StoreError::Out),
        }
    }

    async fn keep_appending(&self, store: &mut Store) -> Result<(), StoreError> {
        loop {
            let mut entries = Vec::new();
            for (partition, slot) in (0..).zip(&self.slots) {
                let mut slot = lock(slot);
                if let Some(entry) = slot.courier.send() {
                    entries.push((partition, slot.replica.partition().era().clone(), entry));
                }
            }
            if entries.is_empty() {
                self.queued.notified().await;
                continue;
            }
            store.append(&entries).await?;
            for (partition, _, _) in entries {
                if let Some(slot) = self.slots.get(usize::from(partition)) {
                    lock(slot).courier.arrived();
                }
            }
        }
    }

    async fn keep_following(&self, store: &mut Store) -> Result<(), StoreError> {
        loop {
            let after: Vec<Offset> = self.slots.iter().map(|slot| lock(slot).replica.partition().at()).collect();
            for (partition, found) in store.follow(&after).await? {
                for found in found {
                    self.take(partition, found)?;
                }
            }
        }
    }

    /// Applies one entry that was found in a log.
    fn take(&self, partition: u16, found: super::entries::Found) -> Result<(), StoreError> {
        let Some(slot) = self.slots.get(usize::from(partition)) else { return Ok(()) };
        let mut slot = lock(slot);
        follows(partition, slot.replica.partition().at(), found.at)?;
        let Some(entry) = found.entry else {
            info!(partition, era = %found.era.0, "another era begins: clients resume");
            let mut deeds = slot.put_out(cut_off);
            deeds.extend(slot.replica.begin_era(found.at, found.era, cut_off));
            deeds.into_iter().for_each(|deed| self.perform(deed));
            return Ok(());
        };
        if found.era != *slot.replica.partition().era() {
            return Err(StoreError::OtherEra);
        }
        let entry = read(&entry)?;
        let mut applied = slot.replica.apply(found.at, entry, |media, grant| self.parts.desk.sign(media, grant));
        let now = Moment { ms: found.at.ms, unix_ms: found.at.ms };
        applied.news.iter().for_each(|(room, effects)| self.parts.webhooks.hear(room, effects, now));
        std::mem::take(&mut applied.deeds).into_iter().for_each(|deed| self.perform(deed));
        let is_put_out = applied.is_out && !self.is_leaving.load(Ordering::Acquire);
        if !is_put_out {
            slot.settle(&applied);
        }
        drop(slot);
        applied.opened.iter().for_each(|room| debug!(%room, "room opened"));
        applied.closed.iter().for_each(|room| debug!(%room, "room closed"));
        for node in applied.gone {
            info!(partition, node = %format_args!("{:016x}", node.0), "a node is gone");
        }
        if is_put_out {
            // With all who wait: what they asked may have had no effect.
            self.fence("others took it for dead");
            return Err(StoreError::Out);
        }
        Ok(())
    }

    async fn keep_house(&self, store: &mut Store) -> Result<(), StoreError> {
        let round = Duration::from_millis((self.settings.lease_ms / 3).max(1).into());
        let mut next = tokio::time::Instant::now() + round;
        // A process that has just come back may not have renewed its lease yet.
        let reaps_from = next + 3 * round;
        loop {
            tokio::time::sleep(TICK).await;
            self.let_time_pass(store).await?;
            self.save(store).await?;
            let now = tokio::time::Instant::now();
            if now >= next && !self.is_leaving.load(Ordering::Acquire) {
                next = now + round;
                self.renew_lease(store).await?;
                self.let_orphans_go();
                if now >= reaps_from {
                    self.reap(store).await?;
                }
            }
        }
    }

    async fn renew_lease(&self, store: &mut Store) -> Result<(), StoreError> {
        let asked_ms = self.parts.clock.now().ms;
        store.renew_lease(self.node(), self.settings.lease_ms).await?;
        self.renewed_ms.store(asked_ms, Ordering::Release);
        Ok(())
    }

    async fn let_time_pass(&self, store: &mut Store) -> Result<(), StoreError> {
        let unix_ms = self.parts.clock.now().unix_ms;
        let mut ticks = Vec::new();
        for (partition, slot) in (0..).zip(&self.slots) {
            let slot = lock(slot);
            if let Some(due) = slot.replica.partition().next_due().filter(|due| *due <= unix_ms) {
                ticks.push((partition, slot.replica.partition().era().clone(), due));
            }
        }
        if ticks.is_empty() { Ok(()) } else { store.tick(self.node(), &ticks).await }
    }

    /// Sockets that rooms hold for open, and that are not: they ended while their join was under way, or unheard.
    fn let_orphans_go(&self) {
        for slot in &self.slots {
            let mut slot = lock(slot);
            for (room, socket) in slot.replica.own_sockets() {
                if self.parts.sockets.standing(socket).is_none() {
                    drop(slot.submit(Item::Room(room, Input::LoseSocket(socket))));
                }
            }
        }
        self.queued.notify_one();
    }

    /// Puts out nodes whose lease has ended.
    async fn reap(&self, store: &mut Store) -> Result<(), StoreError> {
        let mut others: BTreeMap<NodeId, Vec<(usize, u64)>> = BTreeMap::new();
        for (index, slot) in self.slots.iter().enumerate() {
            for (node, first) in lock(slot).replica.partition().nodes() {
                if node != self.node() {
                    others.entry(node).or_default().push((index, first));
                }
            }
        }
        let nodes: Vec<NodeId> = others.keys().copied().collect();
        for node in store.without_lease(&nodes).await? {
            warn!(node = %format_args!("{:016x}", node.0), "the lease of a node has ended");
            for (index, first) in others.remove(&node).unwrap_or_default() {
                if let Some(slot) = self.slots.get(index) {
                    drop(lock(slot).submit(Item::Gone(node, first)));
                }
            }
        }
        self.queued.notify_one();
        Ok(())
    }

    /// Keeps snapshots of partitions whose logs have grown. Nodes take turns by their names, so that few write at once.
    async fn save(&self, store: &mut Store) -> Result<(), StoreError> {
        let every = u64::from(self.settings.snapshot_every);
        let every = every + self.node().0 % 16 * (every / 16);
        for (partition, slot) in (0..).zip(&self.slots) {
            let copy = {
                let mut slot = lock(slot);
                let number = slot.replica.partition().at().number;
                if number.saturating_sub(slot.saved) < every {
                    continue;
                }
                slot.saved = number;
                slot.replica.partition().clone()
            };
            store.save(partition, &copy).await?;
            self.snapshots.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
