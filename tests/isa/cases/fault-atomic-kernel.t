# atomics do not reach kernel objects, whatever plain stores may
-- asm
	r1 = task ll
	r2 = 1
	lock *(u64 *)(r1 + 0) += r2
	r0 = 0
	exit
-- fault 3 store to memory that the program may not write: 8 bytes at 0x
