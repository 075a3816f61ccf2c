# memory after a fetching atomic xor
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r2 = 0x1000000000f ll
	r2 = atomic_fetch_xor((u32 *)(r1 + 0), r2)
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x10000000a
