"""The measurements that the documentation quotes; each is a script that anyone can run."""
