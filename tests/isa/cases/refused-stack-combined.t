# frames of a chain of calls together
-- asm
	*(u64 *)(r10 - 256) = 1
	call f
	exit
f:
	*(u64 *)(r10 - 264) = 1
	r0 = 0
	exit
-- max_stack 512
-- refused combined stack size of 2 calls is 528. Too large
