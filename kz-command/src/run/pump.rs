//! Carries bytes between the server and its client, each direction on a thread
//! of its own that blocks: a client that stops reading stops the server, and
//! neither direction waits for the other.

use std::{
    io::{self, Read, Write as _},
    mem,
    os::fd::{AsFd, OwnedFd},
    process::ChildStdin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use kz_core::WipedBytes;
use kz_mcp::MessageFilter;
use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

use super::{
    sieve::{PAUSE, Sieve},
    supervise::Event,
};
use crate::platform::{self, Standard};

/// How much is read at once.
const CHUNK: usize = 64 << 10;
/// Longest message of the client that is looked into; a longer one passes unread.
const REQUEST_LIMIT: usize = 64 << 20;

/// Whether losing the client's end of this stream ends the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// Standard output: without it there is nobody to serve.
    Needed,
    /// Standard error: it is read on, so that the server does not block.
    Spare,
}

/// One of the server's two output streams.
pub(crate) struct Pump {
    sieve: Arc<Mutex<Option<Box<dyn Sieve>>>>,
    activity: Arc<Activity>,
    open: fn() -> io::Result<Standard>,
    /// The server's end, to see whether something is waiting there.
    source: OwnedFd,
    /// Writes what was held back, once the stream was ended from here.
    conclusion: Option<Arc<Activity>>,
}

/// What a pump is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It has something to pass on.
    Busy,
    /// It has been waiting that long for the server to say something.
    Idle(Duration),
    /// The stream has ended.
    Ended,
}

impl Pump {
    /// Starts to carry `source` to the descriptor that `open` opens.
    pub(crate) fn start(
        source: impl Read + AsFd + Send + 'static,
        open: fn() -> io::Result<Standard>,
        client: Client,
        sieve: Box<dyn Sieve>,
        events: UnboundedSender<Event>,
    ) -> io::Result<Self> {
        let pump = Self {
            sieve: Arc::new(Mutex::new(Some(sieve))),
            activity: Arc::new(Activity::new()),
            open,
            source: source.as_fd().try_clone_to_owned()?,
            conclusion: None,
        };
        let (sieve, activity) = (Arc::clone(&pump.sieve), Arc::clone(&pump.activity));
        let sink = open()?;
        let ended = Ended(events.clone(), Arc::clone(&activity));
        thread::Builder::new().spawn(move || {
            let _ended = ended;
            carry(source, sink, client, &sieve, &activity, &events);
        })?;
        Ok(pump)
    }

    /// What it is doing.
    pub(crate) fn state(&self) -> State {
        if let Some(conclusion) = &self.conclusion {
            return conclusion.state();
        }
        match self.activity.state() {
            State::Idle(_) if platform::wait_for_input(&self.source, Duration::ZERO) => State::Busy,
            state => state,
        }
    }

    /// Ends the stream now, though somebody still holds its other end open, and
    /// begins to write what was held back: on a thread, because the client may
    /// not read. It is [`State::Busy`] until that is written.
    pub(crate) fn conclude(&mut self) {
        if self.activity.state() == State::Busy {
            // What is being written is not finished, so nothing can follow it.
            return;
        }
        let mut rest = Vec::new();
        if let Some(mut sieve) = lock(&self.sieve).take() {
            sieve.finish(&mut rest);
        }
        let conclusion = Arc::new(Activity::new());
        self.conclusion = Some(Arc::clone(&conclusion));
        let (open, end) = (self.open, End(conclusion));
        let write = move || {
            let _end = end;
            if !rest.is_empty()
                && let Ok(mut sink) = open()
            {
                let _ = sink.write_all(&rest);
            }
        };
        // Where there is no thread the closure is dropped, and that ends it too.
        let _ = thread::Builder::new().spawn(write);
    }
}

/// Marks the end when it is dropped.
struct End(Arc<Activity>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.ended();
    }
}

fn carry(
    mut source: impl Read + AsFd,
    sink: Standard,
    client: Client,
    sieve: &Mutex<Option<Box<dyn Sieve>>>,
    activity: &Activity,
    events: &UnboundedSender<Event>,
) {
    let mut sink = Some(sink);
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let mut out = Vec::new();
    loop {
        activity.waits();
        let waits = lock(sieve).as_ref().is_some_and(Sieve::waits);
        let paused = waits && !platform::wait_for_input(&source, PAUSE);
        let count = if paused {
            0
        } else {
            match source.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // A pipe that cannot be read has ended.
                read => read.unwrap_or(0),
            }
        };
        activity.works();
        let ended = count == 0 && !paused;
        {
            let mut guard = lock(sieve);
            let Some(sieve) = guard.as_mut() else {
                return;
            };
            if paused {
                sieve.pause(&mut out);
            } else if ended {
                sieve.finish(&mut out);
                *guard = None;
            } else {
                sieve.write(&chunk[..count], &mut out);
            }
        }
        // The server may say nothing more for long.
        chunk[..count].fill(0);
        if let Some(open) = &mut sink
            && open.write_all(&out).is_err()
        {
            sink = None;
            if client == Client::Needed {
                let _ = events.send(Event::ClientGone);
            }
        }
        // Not cleared: one long message must not hold its memory for good.
        out = Vec::new();
        if ended {
            break;
        }
    }
    // The server may go on without this stream; its client sees that it ended.
    if client == Client::Needed
        && let Some(sink) = sink
    {
        sink.detach();
    }
}

/// Tells the supervisor that a pump has ended, and whether by a defect.
struct Ended(UnboundedSender<Event>, Arc<Activity>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.1.ended();
        let _ = self.0.send(if thread::panicking() {
            Event::PumpFailed
        } else {
            Event::OutputEnded
        });
    }
}

/// Since when a pump has been waiting for the server.
struct Activity {
    start: Instant,
    /// Milliseconds after `start`, or one of the two values below.
    waiting: AtomicU64,
}

const WORKING: u64 = u64::MAX;
const ENDED: u64 = u64::MAX - 1;

impl Activity {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            waiting: AtomicU64::new(WORKING),
        }
    }

    fn waits(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(0);
        self.waiting.store(now, Ordering::Release);
    }

    fn works(&self) {
        self.waiting.store(WORKING, Ordering::Release);
    }

    fn ended(&self) {
        self.waiting.store(ENDED, Ordering::Release);
    }

    fn state(&self) -> State {
        match self.waiting.load(Ordering::Acquire) {
            WORKING => State::Busy,
            ENDED => State::Ended,
            since => State::Idle(
                self.start
                    .elapsed()
                    .saturating_sub(Duration::from_millis(since)),
            ),
        }
    }
}

/// Starts to carry the client's messages to the server, byte for byte. The
/// filter hears of each before the server does, so that it knows the ids in the
/// answers.
pub(crate) fn start_input(sink: ChildStdin, filter: Arc<MessageFilter>) -> io::Result<()> {
    let source = Standard::input()?;
    thread::Builder::new().spawn(move || carry_input(source, sink, &filter))?;
    Ok(())
}

fn carry_input(mut source: Standard, mut sink: ChildStdin, filter: &MessageFilter) {
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let mut requests = Requests::default();
    // An end of input, and a failure to read it, close the server's input.
    while let Ok(count @ 1..) = source.read(&mut chunk) {
        requests.read(&chunk[..count], &mut |line| filter.incoming(line));
        if sink.write_all(&chunk[..count]).is_err() {
            // The server closed its input: let the client see that.
            source.detach();
            return;
        }
        chunk[..count].fill(0);
    }
    requests.end(&mut |line| filter.incoming(line));
}

/// Finds the messages in what the client sends.
#[derive(Default)]
struct Requests {
    pending: WipedBytes,
    too_long: bool,
}

impl Requests {
    fn read(&mut self, bytes: &[u8], note: &mut dyn FnMut(&[u8])) {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            if self.pending.is_empty() && !self.too_long {
                note(&rest[..at]);
            } else {
                self.keep(&rest[..at]);
                self.end(note);
            }
            rest = &rest[at + 1..];
        }
        self.keep(rest);
    }

    fn keep(&mut self, part: &[u8]) {
        if self.too_long || self.pending.len() + part.len() > REQUEST_LIMIT {
            self.too_long = true;
            self.pending = WipedBytes::new();
        } else {
            self.pending.extend_from_slice(part);
        }
    }

    fn end(&mut self, note: &mut dyn FnMut(&[u8])) {
        let line = mem::take(&mut self.pending);
        if !mem::take(&mut self.too_long) && !line.is_empty() {
            note(&line);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A sieve that panicked is not used again: its pump has ended with it, and
    // `conclude` is not called after that.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_found_however_they_are_split() {
        let input = b"{\"id\":1}\r\n\n{\"id\":2}\nlast";
        for step in 1..=input.len() {
            let mut found: Vec<Vec<u8>> = Vec::new();
            let mut requests = Requests::default();
            for chunk in input.chunks(step) {
                requests.read(chunk, &mut |line| found.push(line.to_vec()));
            }
            requests.end(&mut |line| found.push(line.to_vec()));
            found.retain(|line| !line.is_empty());
            assert_eq!(
                found,
                [
                    b"{\"id\":1}\r".to_vec(),
                    b"{\"id\":2}".to_vec(),
                    b"last".to_vec()
                ],
                "by {step}"
            );
        }
    }
}
