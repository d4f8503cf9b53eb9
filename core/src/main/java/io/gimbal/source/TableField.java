package io.gimbal.source;

import io.gimbal.shaded.jackson.databind.node.ObjectNode;

/**
 * What is learned of a table's rows.
 *
 * @param told what the training rows told of it, to be kept
 */
record TableField(FolderField.Cell cell, ObjectNode told) { }
