//! Keeps the server from its start to its end.

use std::{io, sync::Arc, thread, time::Duration};

use kz_mcp::MessageFilter;
use kz_redact::Redactor;
use tokio::{
    signal::unix::{Signal as Listener, SignalKind, signal},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, timeout},
};

use super::{
    pump::{self, Client, Pump, State},
    server::Server,
    sieve::{self, Report, Sieve, Text},
};
use crate::{
    failure::say,
    platform::{self, Signal, Standard},
};

/// How long those who were asked to end have to do so.
pub(crate) const GRACE: Duration = Duration::from_secs(2);
/// How long output is waited for that nobody seems to be writing.
const QUIET: Duration = Duration::from_millis(300);
/// How often that is looked at, once the server has ended.
const TICK: Duration = Duration::from_millis(10);

/// What happens to a running server.
#[derive(Debug)]
pub(crate) enum Event {
    /// kz got a signal.
    Signal(Signal),
    /// The server's process has ended.
    ServerEnded,
    /// One of its two outputs has ended.
    OutputEnded,
    /// Nobody reads its standard output any more.
    ClientGone,
    /// A thread of ours has failed: what the server says can no longer be masked.
    PumpFailed,
}

/// What is done to the server's output.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) filter: Arc<MessageFilter>,
    pub(crate) redactor: Redactor,
    pub(crate) report: bool,
}

/// The signals that are handed on, listened to from before the server starts.
#[derive(Debug)]
pub(crate) struct Signals(Vec<(Signal, Listener)>);

impl Signals {
    /// Listens to those that kz was not started to ignore, as `nohup` does.
    pub(crate) fn listen() -> Self {
        let kinds = [
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::hangup(),
            SignalKind::quit(),
            SignalKind::user_defined1(),
            SignalKind::user_defined2(),
        ];
        Self(
            kinds
                .into_iter()
                .map(|kind| (kind.as_raw_value(), kind))
                .filter(|(number, _)| !platform::is_ignored(*number))
                .filter_map(|(number, kind)| Some((number, signal(kind).ok()?)))
                .collect(),
        )
    }

    fn forward(self, events: &UnboundedSender<Event>) {
        for (number, mut listener) in self.0 {
            let events = events.clone();
            tokio::spawn(async move {
                while listener.recv().await.is_some() && events.send(Event::Signal(number)).is_ok()
                {
                }
            });
        }
    }
}

/// Carries what goes in and out until the server has ended, and gives the exit
/// status. It returns when nothing of the server is left.
pub(crate) async fn supervise(mut server: Server, signals: Signals, output: Output) -> u8 {
    let (sender, mut events) = unbounded_channel();
    signals.forward(&sender);
    let pumps = start_pumps(&mut server, &output, &sender);
    let mut supervisor = Supervisor {
        server,
        pumps,
        asked_to_end: None,
        must_end: false,
        failed: false,
    };
    if supervisor.pumps.is_empty() || !wait_on_thread(supervisor.server.id(), sender) {
        // Without its threads nothing can be masked.
        supervisor.failed = true;
        supervisor.server.signal_group(platform::KILL);
    } else {
        // Last: the server is at work by now.
        supervisor.server.watch();
        supervisor.until_server_ends(&mut events).await;
        drain(&supervisor.pumps, supervisor.asked_to_end, &mut events).await;
    }
    supervisor.end(&mut events).await
}

struct Supervisor {
    server: Server,
    pumps: Vec<Pump>,
    /// When the server was first asked to end.
    asked_to_end: Option<Instant>,
    /// Whether it is killed if it does not: there is nobody left to serve.
    must_end: bool,
    /// A defect of ours ended it.
    failed: bool,
}

impl Supervisor {
    async fn until_server_ends(&mut self, events: &mut UnboundedReceiver<Event>) {
        loop {
            let event = if self.must_end {
                let Ok(event) = timeout(GRACE, events.recv()).await else {
                    self.server.signal_group(platform::KILL);
                    continue;
                };
                event
            } else {
                events.recv().await
            };
            match event {
                None | Some(Event::ServerEnded) => return,
                Some(Event::Signal(signal)) => self.hand_on(signal),
                Some(Event::OutputEnded) => {}
                Some(Event::ClientGone) => self.ask_to_end(),
                Some(Event::PumpFailed) => {
                    self.failed = true;
                    say(
                        "internal error: the server is ended, because what it says could not be masked",
                    );
                    self.ask_to_end();
                }
            }
        }
    }

    fn hand_on(&mut self, signal: Signal) {
        let users = [SignalKind::user_defined1(), SignalKind::user_defined2()];
        if users.iter().any(|kind| kind.as_raw_value() == signal) {
            self.server.signal(signal);
        } else {
            self.asked_to_end.get_or_insert_with(Instant::now);
            self.server.signal_group(signal);
        }
    }

    fn ask_to_end(&mut self) {
        self.must_end = true;
        self.asked_to_end.get_or_insert_with(Instant::now);
        self.server.signal_group(platform::TERMINATE);
    }

    /// Ends what is left, writes what was held back, and gives the exit status.
    async fn end(self, events: &mut UnboundedReceiver<Event>) -> u8 {
        let Self {
            server,
            mut pumps,
            asked_to_end,
            failed,
            ..
        } = self;
        let status = server.end(GRACE).await;
        if failed {
            return 1;
        }
        drain(&pumps, asked_to_end, events).await;
        for pump in &mut pumps {
            pump.conclude();
        }
        drain(&pumps, asked_to_end, events).await;
        status
    }
}

/// Waits for the rest of the output. A slow client is waited for; a process that
/// was left behind and holds the pipe open without using it is not. Whoever asked
/// the server to end waits no longer than the grace.
async fn drain(
    pumps: &[Pump],
    asked_to_end: Option<Instant>,
    events: &mut UnboundedReceiver<Event>,
) {
    let mut asked_to_end = asked_to_end;
    let start = Instant::now();
    let waited_for = |pump: &Pump| match pump.state() {
        State::Busy => true,
        // From here on: the server may have been silent for long before its last words.
        State::Idle(idle) => idle.min(start.elapsed()) < QUIET,
        State::Ended => false,
    };
    while pumps.iter().any(waited_for) {
        if asked_to_end.is_some_and(|since| since.elapsed() >= GRACE) {
            return;
        }
        if let Ok(Some(Event::Signal(_))) = timeout(TICK, events.recv()).await {
            asked_to_end.get_or_insert_with(Instant::now);
        }
    }
}

/// Starts the three threads that carry bytes. Empty when one cannot be started.
fn start_pumps(server: &mut Server, output: &Output, events: &UnboundedSender<Event>) -> Vec<Pump> {
    let Some((stdin, stdout, stderr)) = server.pipes() else {
        return Vec::new();
    };
    let sieve = |sieve: Box<dyn Sieve>| -> Box<dyn Sieve> {
        if output.report {
            Box::new(Report(sieve))
        } else {
            sieve
        }
    };
    let messages = sieve(Box::new(sieve::messages(
        Arc::clone(&output.filter),
        &output.redactor,
    )));
    let text = sieve(Box::new(Text::new(&output.redactor)));
    let start = || -> io::Result<Vec<Pump>> {
        let pumps = vec![
            Pump::start(
                stdout,
                Standard::output,
                Client::Needed,
                messages,
                events.clone(),
            )?,
            Pump::start(stderr, Standard::error, Client::Spare, text, events.clone())?,
        ];
        pump::start_input(stdin, Arc::clone(&output.filter))?;
        Ok(pumps)
    };
    start().unwrap_or_default()
}

/// Waits for the end of the server's process. Whether a thread could be started.
fn wait_on_thread(process: u32, events: UnboundedSender<Event>) -> bool {
    thread::Builder::new()
        .spawn(move || {
            // It fails if there is no such process; then it has ended.
            let _ = platform::wait_without_reaping(process);
            let _ = events.send(Event::ServerEnded);
        })
        .is_ok()
}
