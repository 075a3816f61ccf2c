# load-acquire through a bad kernel pointer reads 0, too
-- asm
	call #1004
	r0 = load_acquire((u64 *)(r0 + 8))
	exit
-- bad_reads 1
-- result 0x0
