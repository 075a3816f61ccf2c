# addresses do not wrap
-- asm
	r1 = -1
	r0 = *(u64 *)(r1 + 0)
	exit
-- fault 1 8 bytes at 0xffffffffffffffff
