//! A [`Watch`] runs the tasks that a gateway cannot do without, and tells when one of them has died. All other tasks belong to
//! one connection, and run by `attend`. Nothing else of the gateway starts a task (`cargo xtask test --only arrows`).

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Runs a task of one connection in `tracker`, by which the gateway waits for the task when it stops. Where it panics, that connection alone is lost.
pub(crate) fn attend(tracker: &TaskTracker, task: impl Future<Output = ()> + Send + 'static) {
    tracker.spawn(task);
}

/// Runs the tasks that must not end before the gateway stops. Clones are one watch.
#[derive(Clone, Default)]
pub struct Watch {
    dead: Arc<OnceLock<&'static str>>,
    found: CancellationToken,
}

impl Watch {
    /// Runs a task in `tracker`. Where it panics, or ends although `stop` was not asked for, it is dead.
    pub fn run(
        &self,
        name: &'static str,
        tracker: &TaskTracker,
        stop: CancellationToken,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.spawn(LastWill { name, watch: self.clone(), end: End::With(stop) }, tracker, task);
    }

    /// Runs a task that ends when its work is done, and must not panic before. Where it does, it is dead.
    pub fn run_to_end(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn(LastWill { name, watch: self.clone(), end: End::ByItself }, &TaskTracker::new(), task);
    }

    fn spawn(&self, last_will: LastWill, tracker: &TaskTracker, task: impl Future<Output = ()> + Send + 'static) {
        tracker.spawn(async move {
            // Dropped when the task ends, however it ends.
            let _last_will = last_will;
            task.await;
        });
    }

    /// The task that died first; `None` while all live.
    pub fn dead(&self) -> Option<&'static str> {
        self.dead.get().copied()
    }

    /// Waits until a task has died, and names it.
    pub async fn found_dead(&self) -> &'static str {
        self.found.cancelled().await;
        self.dead().unwrap_or("a task")
    }
}

struct LastWill {
    name: &'static str,
    watch: Watch,
    end: End,
}

/// When a task may end.
enum End {
    ByItself,
    With(CancellationToken),
}

impl Drop for LastWill {
    fn drop(&mut self) {
        let may_end = match &self.end {
            End::ByItself => !std::thread::panicking(),
            End::With(stop) => stop.is_cancelled(),
        };
        if may_end {
            return;
        }
        tracing::error!(task = self.name, "a task that the gateway cannot do without has died");
        let _the_first_counts = self.watch.dead.set(self.name);
        self.watch.found.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_or_ends_too_early_is_found() {
        for panics in [true, false] {
            let (watch, stop) = (Watch::default(), CancellationToken::new());
            watch.run("lives", &TaskTracker::new(), stop.clone(), std::future::pending());
            assert_eq!(watch.dead(), None);
            watch.run("dies", &TaskTracker::new(), stop.clone(), async move { assert!(!panics, "as told") });
            let found = tokio::time::timeout(Duration::from_secs(5), watch.found_dead()).await;
            assert_eq!((found, watch.dead()), (Ok("dies"), Some("dies")));
        }
    }

    #[tokio::test]
    async fn a_task_that_was_told_to_stop_is_not_dead() {
        let (watch, tracker, stop) = (Watch::default(), TaskTracker::new(), CancellationToken::new());
        watch.run("ends", &tracker, stop.clone(), stop.clone().cancelled_owned());
        stop.cancel();
        tracker.close();
        tracker.wait().await;
        assert_eq!(watch.dead(), None);
    }

    #[tokio::test]
    async fn a_task_that_ends_by_itself_is_dead_only_where_it_panics() {
        let watch = Watch::default();
        let (done, is_done) = tokio::sync::oneshot::channel();
        watch.run_to_end("ends", async move { done.send(()).expect("heard") });
        is_done.await.expect("it ends");
        tokio::task::yield_now().await;
        assert_eq!(watch.dead(), None);
        watch.run_to_end("panics", async { panic!("as told") });
        let found = tokio::time::timeout(Duration::from_secs(5), watch.found_dead()).await;
        assert_eq!(found, Ok("panics"));
    }

    #[test]
    fn a_task_that_is_aborted_is_found() {
        let (watch, tracker) = (Watch::default(), TaskTracker::new());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async { watch.run("aborted", &tracker, CancellationToken::new(), std::future::pending()) });
        assert_eq!(watch.dead(), None);
        // It drops every task where it stands.
        drop(runtime);
        assert_eq!(watch.dead(), Some("aborted"));
    }
}
