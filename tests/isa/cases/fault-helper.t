# the first fault of a helper ends the execution
-- asm
	r1 = 5
	call #1006
	r0 = 1
	exit
-- fault 1 test_fault: lock 5 is held
