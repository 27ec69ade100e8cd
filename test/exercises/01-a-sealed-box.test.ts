import { grader } from '../../exercises/01-a-sealed-box/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('01-a-sealed-box', grader)
