//! Vectorscan through its C interface, of which this needs six functions.
#![expect(unsafe_code, reason = "a library in C")]

use std::{
    ffi::{CString, c_char, c_int, c_uint, c_ulonglong, c_void},
    ptr,
};

/// What a search is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// Where matches end; the fastest.
    Ends,
    /// Where they begin too, as whoever replaces them has to know.
    Spans,
}

/// Many regexes, ready to be sought together.
pub(crate) struct Scanner {
    database: *mut c_void,
    scratch: *mut c_void,
}

impl Scanner {
    /// `None` if there is one that the library does not take.
    pub(crate) fn new(regexes: &[String], report: Report) -> Option<Self> {
        let sources: Vec<CString> = regexes
            .iter()
            .map(|regex| CString::new(&**regex).expect("no regex holds a NUL"))
            .collect();
        let pointers: Vec<*const c_char> = sources.iter().map(|source| source.as_ptr()).collect();
        let flags = match report {
            Report::Ends => DOTALL,
            Report::Spans => DOTALL | SOM_LEFTMOST,
        };
        let flags = vec![flags; regexes.len()];
        let ids: Vec<c_uint> = (0..).take(regexes.len()).collect();
        let mut scanner = Self {
            database: ptr::null_mut(),
            scratch: ptr::null_mut(),
        };
        let mut error = ptr::null_mut();
        // SAFETY: the arrays are as long as is said and live as long as the call; the
        // library writes a database or an error, which is freed, and then scratch space
        // for it.
        let scratch = unsafe {
            let code = hs_compile_multi(
                pointers.as_ptr(),
                flags.as_ptr(),
                ids.as_ptr(),
                ids.len() as c_uint,
                MODE_BLOCK,
                ptr::null(),
                &mut scanner.database,
                &mut error,
            );
            if code != 0 {
                hs_free_compile_error(error);
                return None;
            }
            hs_alloc_scratch(scanner.database, &mut scanner.scratch)
        };
        assert_eq!(scratch, 0, "there is memory for vectorscan");
        Some(scanner)
    }

    /// Those of the regexes that the library takes, as all of them.
    pub(crate) fn of_most(regexes: &[String], report: Report) -> (Self, usize) {
        let takes = |regex: &&String| Self::new(std::slice::from_ref(regex), report).is_some();
        let taken: Vec<String> = regexes.iter().filter(takes).cloned().collect();
        let scanner = Self::new(&taken, report).expect("each of them alone is taken");
        (scanner, taken.len())
    }

    /// How many matches there are.
    pub(crate) fn count(&self, text: &[u8]) -> usize {
        self.spans(text).len()
    }

    /// Where they begin and end.
    pub(crate) fn spans(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        // SAFETY: database and scratch are of this scanner, which only one thread can
        // have; the text is as long as is said; the context is what `found` takes it for.
        let code = unsafe {
            hs_scan(
                self.database,
                text.as_ptr().cast(),
                text.len() as c_uint,
                0,
                self.scratch,
                found,
                ptr::from_mut(&mut spans).cast(),
            )
        };
        assert_eq!(code, 0, "vectorscan scans");
        spans
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        // SAFETY: both are this scanner's own, and used no more.
        unsafe {
            hs_free_scratch(self.scratch);
            hs_free_database(self.database);
        }
    }
}

extern "C" fn found(
    _: c_uint,
    from: c_ulonglong,
    to: c_ulonglong,
    _: c_uint,
    spans: *mut c_void,
) -> c_int {
    // SAFETY: `Scanner::spans` hands over a vector that nobody else uses meanwhile.
    let spans = unsafe { &mut *spans.cast::<Vec<(usize, usize)>>() };
    spans.push((from as usize, to as usize));
    0
}

const DOTALL: c_uint = 2;
const SOM_LEFTMOST: c_uint = 256;
const MODE_BLOCK: c_uint = 1;

#[link(name = "hs")]
unsafe extern "C" {
    fn hs_compile_multi(
        expressions: *const *const c_char,
        flags: *const c_uint,
        ids: *const c_uint,
        elements: c_uint,
        mode: c_uint,
        platform: *const c_void,
        database: *mut *mut c_void,
        error: *mut *mut c_void,
    ) -> c_int;
    fn hs_alloc_scratch(database: *const c_void, scratch: *mut *mut c_void) -> c_int;
    fn hs_scan(
        database: *const c_void,
        data: *const c_char,
        length: c_uint,
        flags: c_uint,
        scratch: *mut c_void,
        found: extern "C" fn(c_uint, c_ulonglong, c_ulonglong, c_uint, *mut c_void) -> c_int,
        context: *mut c_void,
    ) -> c_int;
    fn hs_free_scratch(scratch: *mut c_void) -> c_int;
    fn hs_free_compile_error(error: *mut c_void) -> c_int;
    fn hs_free_database(database: *mut c_void) -> c_int;
}
