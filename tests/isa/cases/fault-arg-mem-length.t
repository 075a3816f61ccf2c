# more than there is
-- asm
	r1 = value ll
	r2 = 0x7fffffffffffffff ll
	call #1008
	exit
-- fault 4 test_bytes: argument 1 must be 9223372036854775807 readable bytes
