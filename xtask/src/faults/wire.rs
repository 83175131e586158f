//! The network between two programs, which can be broken and led elsewhere.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::Outcome;

/// What becomes of what is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Fair,
    /// Nothing gets through, and what was open is torn.
    Cut,
    /// Questions arrive, answers do not.
    Swallow,
}

struct State {
    weather: Weather,
    target: SocketAddr,
    open: Vec<TcpStream>,
}

/// Listens on a port of its own and passes on. Threads of connections end with them.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Wire {
    pub(crate) fn to(target: SocketAddr) -> Outcome<Wire> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| format!("a port for the network: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let state = Arc::new(Mutex::new(State { weather: Weather::Fair, target, open: Vec::new() }));
        let wire = Wire { address, state };
        let listening = wire.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                listening.clone().join(stream);
            }
        });
        Ok(wire)
    }

    pub(crate) fn set(&self, weather: Weather) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.weather = weather;
        if weather == Weather::Cut {
            state.tear();
        }
    }

    /// To another program from now on; what was open is torn.
    pub(crate) fn lead(&self, target: SocketAddr) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.target = target;
        state.tear();
    }

    fn weather(&self) -> Weather {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).weather
    }

    fn join(self, near: TcpStream) {
        let target = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.weather == Weather::Cut {
                return;
            }
            state.target
        };
        thread::spawn(move || {
            let Ok(far) = TcpStream::connect_timeout(&target, Duration::from_secs(2)) else { return };
            let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) else { return };
            {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.open.retain(|stream| stream.peer_addr().is_ok());
                state.open.extend([near.try_clone(), far.try_clone()].into_iter().flatten());
            }
            let there = thread::spawn(move || pass(near_too, far_too, || true));
            pass(far, near, || self.weather() != Weather::Swallow);
            let _ = there.join();
        });
    }
}

impl State {
    fn tear(&mut self) {
        for stream in self.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Until either end is gone, or `may` says no.
fn pass(mut from: TcpStream, mut to: TcpStream, may: impl Fn() -> bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || !may() || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
