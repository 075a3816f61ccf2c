# a helper that sleeps in a program that may not
-- asm
	call #1005
	exit
-- refused helper call might sleep in a non-sleepable prog
