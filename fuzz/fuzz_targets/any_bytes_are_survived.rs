#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kz_fuzz::check("any_bytes_are_survived", bytes));
