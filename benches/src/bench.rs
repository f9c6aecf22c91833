//! Prints the tables of `README.md`.

fn main() {
    kz_benches::run();
}
