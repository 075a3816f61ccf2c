# a map value for one
-- asm
	r1 = value ll
	call #1007
	exit
-- fault 2 test_pid: argument 1 must be a task_struct, got 0x55
