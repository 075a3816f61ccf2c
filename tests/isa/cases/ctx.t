# the context can be read in slots, and narrower
-- asm
	r0 = *(u64 *)(r1 + 8)
	r2 = *(u32 *)(r1 + 0)
	r0 += r2
	exit
-- ctx 0xffffffff00000002 0x500000005
-- result 0x500000007
