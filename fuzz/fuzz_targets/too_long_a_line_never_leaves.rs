#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kz_fuzz::check("too_long_a_line_never_leaves", bytes));
