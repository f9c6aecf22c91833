#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kz_fuzz::check("no_value_leaves_as_a_message", bytes));
