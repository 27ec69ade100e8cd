import { grader } from '../../exercises/07-the-receiver/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('07-the-receiver', grader)
