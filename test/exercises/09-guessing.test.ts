import { grader } from '../../exercises/09-guessing/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('09-guessing', grader)
