# memory after a fetching atomic add
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r2 = 0xffffffffffffffff ll
	r2 = atomic64_fetch_add((u64 *)(r1 + 0), r2)
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x100000004
