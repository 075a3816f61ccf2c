# a fault of a helper is at its call, also after it has called back
-- asm
	r1 = 1
	r2 = &cb
	r3 = 0
	call #1018
	exit
cb:
	r1 = 5
	call #1000
	r0 = 0
	exit
-- fault 4 test_loop_then_fault
