# a context that is plain memory can be read and written anywhere
-- asm
	r0 = *(u32 *)(r1 + 4)
	*(u32 *)(r1 + 12) = 3
	r2 = *(u64 *)(r1 + 8)
	r0 += r2
	exit
-- ctx 0x500000001 2
-- ctx_plain
-- result 0x300000007
