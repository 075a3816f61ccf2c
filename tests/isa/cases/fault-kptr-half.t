# half of a kernel pointer is none
-- asm
	call #1004
	w0 = w0
	r0 = *(u64 *)(r0 + 8)
	exit
-- fault 2 load from memory
