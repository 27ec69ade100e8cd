import { grader } from '../../exercises/03-login/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('03-login', grader)
