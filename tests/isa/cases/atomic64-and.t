# atomic and without fetch leaves the register
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r2 = 0xfffffffe0000000c ll
	lock *(u64 *)(r1 + 0) &= r2
	r0 = *(u64 *)(r1 + 0)
	r3 = 0xfffffffe0000000c ll
	if r2 == r3 goto same
	r0 = 0x99
same:
	exit
-- result 0x4
