# a kfunc that sleeps in a program that may not
-- asm
	kcall #1005
	exit
-- refused program must be sleepable to call sleepable kfunc test_sleep
