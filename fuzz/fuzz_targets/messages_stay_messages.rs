#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kz_fuzz::check("messages_stay_messages", bytes));
