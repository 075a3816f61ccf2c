# a pointer that is a kernel pointer or NULL is a kernel pointer
-- asm
	r6 = *(u64 *)(r1 + 8)
	r0 = 0
	if r6 == 0 goto none
	call #1003
none:
	r0 = *(u64 *)(r0 + 8)
	exit
-- ctx 0 0
-- bad_reads 1
-- result 0x0
