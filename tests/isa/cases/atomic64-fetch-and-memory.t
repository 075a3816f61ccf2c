# memory after a fetching atomic and
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r2 = 0xfffffffe0000000c ll
	r2 = atomic64_fetch_and((u64 *)(r1 + 0), r2)
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x4
