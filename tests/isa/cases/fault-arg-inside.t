# not its start
-- asm
	r1 = task ll
	r1 += 8
	call #1007
	exit
-- fault 3 (8 bytes into a task_struct)
