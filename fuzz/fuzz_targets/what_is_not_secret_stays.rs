#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kz_fuzz::check("what_is_not_secret_stays", bytes));
