import { grader } from '../../exercises/05-the-message/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('05-the-message', grader)
