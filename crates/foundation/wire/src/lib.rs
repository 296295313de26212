//! HTTP server and client, mTLS, errors, health, metrics, page frame.
