# a store to a kernel object
-- asm
	r1 = *(u64 *)(r1 + 0)
	r1 += pid
	*(u32 *)(r1 + 0) = 1
	r0 = 0
	exit
-- ctx task
-- kptr 1
-- fault 2 bytes into a task_struct)
