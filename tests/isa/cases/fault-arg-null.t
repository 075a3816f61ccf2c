# NULL for one
-- asm
	r1 = 0
	call #1007
	exit
-- fault 1 test_pid: argument 1 must be a task_struct, got NULL
