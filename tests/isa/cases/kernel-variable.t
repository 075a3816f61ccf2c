# the address of a kernel variable is a kernel pointer
-- asm
	raw 0x18 1 3 0 0x10
	raw 0 0 0 0 0
	r0 = *(u64 *)(r1 + 0)
	exit
-- bad_reads 1
-- result 0x0
