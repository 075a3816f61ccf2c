# exactly 512 bytes are allowed
-- asm
	*(u64 *)(r10 - 256) = 1
	call f
	exit
f:
	*(u64 *)(r10 - 256) = 1
	r0 = 0
	exit
-- max_stack 512
-- result 0x0
