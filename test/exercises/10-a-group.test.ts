import { grader } from '../../exercises/10-a-group/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('10-a-group', grader)
