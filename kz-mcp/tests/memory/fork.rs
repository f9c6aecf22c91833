//! What a forked child can still do.

use crate::{
    alone,
    canary::{Canary, filled},
};

#[test]
#[expect(unsafe_code, reason = "fork has no safe form")]
fn a_forked_child_redacts() {
    let _alone = alone();
    let canary = Canary::new("value", 24);
    let redactor = kz_redact::Redactor::builder()
        .secret("VALUE", canary.plain())
        .build()
        .unwrap();
    let text = filled("is {}", &[&canary]);
    // SAFETY: the child allocates, which glibc allows after `fork`, and leaves
    // without running anything of its parent's.
    let child = unsafe { nix::libc::fork() };
    if child == 0 {
        let masked = *redactor.redact_bytes(&text) == *b"is [REDACTED:VALUE]";
        // SAFETY: as above.
        unsafe { nix::libc::_exit(i32::from(!masked)) };
    }
    let child = nix::unistd::Pid::from_raw(child);
    let status = nix::sys::wait::waitpid(child, None).unwrap();
    assert_eq!(status, nix::sys::wait::WaitStatus::Exited(child, 0));
    drop(redactor);
}
