# a number that is no helper
-- asm
	call #4711
	exit
-- refused 0: (85) call unknown#4711
-- refused invalid func unknown#4711
