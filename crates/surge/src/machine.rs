//! The machine that a run is made on: what it is, and how many files one process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is said of the machine in a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) system: String,
    pub(crate) cores: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) open_files_max: u64,
}

impl Machine {
    /// Looks at this machine, and lets this process and those that it starts open as many files as they may.
    pub(crate) fn look() -> Self {
        let name = rustix::system::uname();
        let part = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            system: format!("{} {} {}", part(name.sysname()), part(name.release()), part(name.machine())),
            cores: u64::try_from(cores).unwrap_or(1),
            memory_bytes: memory_bytes(),
            open_files_max: raise_open_files(),
        }
    }
}

/// Raises the soft limit to the hard one; gives what holds then.
fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    now.unwrap_or(u64::MAX)
}

#[cfg(target_os = "linux")]
fn memory_bytes() -> u64 {
    let memory = rustix::system::sysinfo();
    memory.totalram.saturating_mul(u64::from(memory.mem_unit))
}

/// Other systems do not say it in one call; 0 is "not known".
#[cfg(not(target_os = "linux"))]
fn memory_bytes() -> u64 {
    0
}
