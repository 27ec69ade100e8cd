import { grader } from '../../exercises/04-the-ticket/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('04-the-ticket', grader)
