BASE_ID="quickstart/tiny-arith"
