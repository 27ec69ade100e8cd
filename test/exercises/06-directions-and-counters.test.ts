import { grader } from '../../exercises/06-directions-and-counters/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('06-directions-and-counters', grader)
